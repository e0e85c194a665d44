"""Figures in which several runs are compared.

curves                learning curves of runs, or of groups of repeated runs with a band
run_scatter           the accuracy of runs against their cost, and by seed
point_labels          which of its points can be named
parallel_coordinates  the settings and scores of the trials of a study
"""

"""Small pieces of Streamlit and HTML that pages share.

run_select      choose a run
settings_table  the settings in which runs differ
threshold       the decision threshold of multi-label models
metric_row      a row of metrics
figures/        figures and bars, and how they are saved
gallery         a grid of captioned images
pager           the pager below a long list
sections        closed sections of a form
task_panel      a background task: its button, its progress, why it failed
upload          uploads in the server's memory
empty_state     what a page shows when there is nothing to show yet
formatting      how numbers, times and states are written
"""

"""How fast the playground is, and how well its digit model reads: one module a question.

    python -m benchmarks.first_paint         the home page, against an empty Streamlit app
    python -m benchmarks.train_overhead      the trainer, against thirty lines of plain Keras
    python -m benchmarks.drawing_latency     from the lifted pen to the painted answer
    python -m benchmarks.rerun_cpu           what a rerun of each page costs the server
    python -m benchmarks.time_to_accuracy    a recipe, against the script of a tutorial
    python -m benchmarks.augmentation_cost   what random changes of pictures add to a step
    python -m benchmarks.large_set           two hundred thousand pictures: first paint, memory of server and trainer
    python -m benchmarks.bfloat16_gain       numbers of 16 bits, against those of 32
    python -m benchmarks.digit_model         how many drawn digits the shipped model reads

Each prints one JSON line last. What is measured in time is a ratio or a median from one run, but a busy machine still
shows: the line tells the load under which it was taken. They work in temporary folders and end what they start.
"""

"""The consumer: fetch, claim and load, deliver, record, tell the queue; as a pipeline in each process."""

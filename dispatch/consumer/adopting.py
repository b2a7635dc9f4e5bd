"""Turns the original's jobs among those fetched into ours, one by one: one that cannot be stored harms no other."""

import logging
from collections.abc import Sequence

from django.db import DataError, IntegrityError

from dispatch import legacy
from dispatch.queues.base import Failure, Job

logger = logging.getLogger(__name__)


def adopt(fetched: Sequence[Job]) -> tuple[list[Job], list[Failure]]:
    """The jobs as ours, and those that the database refuses, which the queue keeps with their arguments."""
    jobs: list[Job] = []
    refused: list[Failure] = []
    for job in fetched:
        try:
            jobs.append(legacy.adopt(job) if job.legacy else job)
        except (DataError, IntegrityError) as error:
            # What Postgres adds in further lines quotes values, which may be secret.
            reason = str(error).partition("\n")[0]
            logger.error("The original's job %s cannot be stored and goes to the queue's retries: %s", job.id, reason)
            refused.append(Failure(job, "unstorable_job", reason))
    return jobs, refused

"""Where the tests let somebody die: each is `module:function:before` or `…:after`, a method is Class.method."""

from enum import StrEnum


class Point(StrEnum):
    """A step of the flow (docs/guarantees.md). What dies there dies just behind it."""

    MATCHED = "dispatch.ledger.accepting:insert_events:before"
    MATCHED_WITHOUT_KEY = "dispatch.ledger.accepting:insert_at_once:before"
    WRITTEN = "dispatch.ledger.accepting:insert_deliveries:after"
    COMMITTED = "dispatch.pushing:push:before"
    PUSHING = "dispatch.queues.faktory.queue:FaktoryQueue.push:before"
    PUSHED = "dispatch.queues.faktory.queue:FaktoryQueue.push:after"
    MARKED = "dispatch.ledger.queueing:mark_queued:after"

    FETCHED = "dispatch.ledger.claiming:claim_named:before"
    CLAIMED = "dispatch.ledger.loading:load_needed:before"
    LOADED = "dispatch.ledger.loading:load_needed:after"
    ANSWERED = "dispatch.ledger.settling:settle:before"
    OUTCOME_WRITTEN = "dispatch.failing:pause_gone:before"
    PAUSE_WRITTEN = "dispatch.failing:pause_gone:after"
    RECORDED = "dispatch.ledger.settling:settle:after"
    TOLD = "dispatch.consumer.recording:Recorder._tell_queue:after"
    CHUNK_WRITTEN = "dispatch.ledger.fanning_out:advance:after"

    RECOVERED = "dispatch.ledger.recovering:recover_lost_claims:after"
    PUSHED_AGAIN = "dispatch.ledger.queueing:mark_queued:before"

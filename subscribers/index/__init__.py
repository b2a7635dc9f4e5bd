"""The subscribers, arranged so that an event meets only those that it may go to.

Everything here is persistent: a change makes a new index that shares with the old one all that has not changed, so
threads read one while another is made.
"""

from subscribers.index.candidates import Candidate
from subscribers.index.judging import Judge
from subscribers.index.subscribers import Change, SubscriberIndex

__all__ = ["Candidate", "Change", "Judge", "SubscriberIndex"]

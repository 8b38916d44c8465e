"""From a score map to regions, in small stages that each say what they removed and why."""

from tools.detection.postprocess.chain import Chain, Outcome
from tools.detection.postprocess.protocol import NothingToJudgeError, Removal, Stage, StageLog, State

__all__ = ["Chain", "NothingToJudgeError", "Outcome", "Removal", "Stage", "StageLog", "State"]

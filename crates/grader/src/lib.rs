//! The engine: catalogue, submission, stage, build, run, score, report.

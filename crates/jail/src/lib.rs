//! The cell around a check and the jail around a program under judgement.

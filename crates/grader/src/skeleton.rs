//! Skeletons from solutions.

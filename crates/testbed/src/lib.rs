//! What checks are written with: programs, peers, observers, disturbances, stories.

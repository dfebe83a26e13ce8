/** RFC 3261 table 4, in milliseconds. */
export const T1_MS = 500;
export const T2_MS = 4_000;
export const T4_MS = 5_000;
/** Timers B, F, H, J, L and M. */
export const TIMEOUT_MS = 64 * T1_MS;
/** Timer D: at least 32 s on an unreliable transport. */
export const TIMER_D_MS = 32_000;

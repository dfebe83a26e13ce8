/** The mixer's unit of time: one frame of 20 ms at 8000 Hz. */
export const SAMPLES_PER_MS = 8;
export const FRAME_MS = 20;
export const FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS;

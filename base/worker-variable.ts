/** Environment variable that tells a thread of a program that it is one, and which. */
export const WORKER_VARIABLE = "HEDDLE_WORKER";

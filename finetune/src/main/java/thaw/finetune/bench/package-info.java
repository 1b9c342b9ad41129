/**
 * Measuring: a step of a network ({@link thaw.finetune.bench.NetworkStep}), the arithmetic that it takes
 * ({@link thaw.finetune.bench.StepFlops}), how long it takes once Java has compiled it
 * ({@link thaw.finetune.bench.SteadyTiming}) and which operators take it ({@link thaw.finetune.bench.ProfilingBackend}).
 */
package thaw.finetune.bench;

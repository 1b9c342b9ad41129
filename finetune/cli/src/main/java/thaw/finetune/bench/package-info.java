/**
 * Benchmarks of a network's steps ({@link thaw.finetune.bench.NetworkStep}): the number of floating-point operations
 * ({@link thaw.finetune.bench.StepFlops}), the time after warm-up ({@link thaw.finetune.bench.SteadyTiming}) and the time per
 * operator ({@link thaw.finetune.bench.OperatorTimes}).
 */
package thaw.finetune.bench;

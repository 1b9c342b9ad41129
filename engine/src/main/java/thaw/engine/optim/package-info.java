/** Optimizers with parameter groups, schedules of their learning rates, clipping of gradients and averages of weights. */
package thaw.engine.optim;

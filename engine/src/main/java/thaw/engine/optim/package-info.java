/** Optimizers with parameter groups, and schedules of their learning rates. */
package thaw.engine.optim;

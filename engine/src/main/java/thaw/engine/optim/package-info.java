/** Optimizers with parameter groups, learning-rate schedules, gradient clipping and weight averages. */
package thaw.engine.optim;

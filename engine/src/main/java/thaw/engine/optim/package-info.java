/** Optimizers with parameter groups, learning-rate schedules, gradient clipping and weight averages. */
@NullMarked
package thaw.engine.optim;

import org.jspecify.annotations.NullMarked;

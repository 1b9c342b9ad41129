/**
 * Optimizers with parameter groups, learning-rate schedules, gradient clipping and weight averages.
 *
 * <p>A training step computes gradients {@code g = ∂loss/∂p} and changes each parameter {@code p}; for {@link thaw.engine.optim.SGD}
 * {@code b ← momentum·b + g + weightDecay·p} and {@code p ← p − lr·b}. Options such as {@code lr} belong to a
 * {@link thaw.engine.optim.ParamGroup}: with one group for each layer group, early layers can have a smaller rate than the head. A
 * {@link thaw.engine.optim.Schedule} maps a step and the group's own rate to the present rate, so that the ratios of the groups stay.
 *
 * <p>An optimizer or schedule of an application is a subclass of {@link thaw.engine.optim.Optimizer} or an implementation of
 * {@code Schedule}.
 */
@NullMarked
package thaw.engine.optim;

import org.jspecify.annotations.NullMarked;

/**
 * Training plans: phases of epochs, each with the layer groups that it trains, their learning rates and a schedule; and schedules
 * and optimizers by name.
 */
package thaw.finetune.plan;

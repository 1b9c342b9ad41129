/**
 * A training with a folder of its own, which holds all that is needed to understand it, to make it again, to go on with it after
 * an interruption, and to predict with what came of it.
 */
package thaw.finetune.run;

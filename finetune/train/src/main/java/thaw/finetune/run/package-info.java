/**
 * Training runs: each has a folder with everything needed to understand it, to repeat it, to resume it after an
 * interruption, and to predict with its model.
 */
package thaw.finetune.run;

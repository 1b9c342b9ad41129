/** Evaluation: the predictions for a data set, also averaged over augmented views of each image, and their metrics. */
package thaw.finetune.evaluate;

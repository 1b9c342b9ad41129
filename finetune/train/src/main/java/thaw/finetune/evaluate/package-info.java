/**
 * Evaluation: the predictions for a data set, also averaged over augmented views of each image, and their metrics; interpretation: the
 * features of the images and the regions on which predictions rest.
 */
package thaw.finetune.evaluate;

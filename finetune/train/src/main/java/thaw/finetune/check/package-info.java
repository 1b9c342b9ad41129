/** The check of a data set before training: wrong labels, copies, and images that are unfit. */
package thaw.finetune.check;

/**
 * Data sets from class folders and tables of labels, the validation split, and loaders that prepare batches of images ahead on
 * other threads. The batches depend only on the seed, not on the number of threads or the order in which they finish.
 */
package thaw.finetune.data;

/**
 * Folders of class folders and tables of labels, their split into training and validation, and batches of prepared images that
 * are made ahead on other threads. Same seed, same batches: neither the number of threads nor the order in which they finish
 * plays a part.
 */
package thaw.finetune.data;

/**
 * Data sets and their loaders. A {@link Dataset} has samples, a {@link Sampler} orders them for an epoch, and a
 * {@link BatchLoader} prepares their batches ahead on other threads; {@link ImageFolder} lists class folders and tables of labels
 * and splits off validation images. The batches depend only on the seed, not on the number of threads or the
 * order in which they finish.
 */
package thaw.finetune.data;

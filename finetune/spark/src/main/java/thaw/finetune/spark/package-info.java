/** Thaw on a cluster of Apache Spark: predictions and features of images as columns, and data-parallel training. */
@NullMarked
package thaw.finetune.spark;

import org.jspecify.annotations.NullMarked;

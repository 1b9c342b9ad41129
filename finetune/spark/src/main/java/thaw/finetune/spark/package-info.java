/** Thaw on a cluster of Apache Spark: predictions and features of images as columns. */
@NullMarked
package thaw.finetune.spark;

import org.jspecify.annotations.NullMarked;

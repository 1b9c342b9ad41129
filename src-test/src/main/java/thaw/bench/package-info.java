/**
 * JMH benchmarks of matrix products, convolutions and whole networks. Each prints milliseconds an operation and, as
 * {@code GFLOP/s}, two operations for each multiply-add of the textbook algorithm, so that different algorithms compare.
 * How to run them stands in the README.
 */
package thaw.bench;

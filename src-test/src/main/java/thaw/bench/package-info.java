/**
 * JMH benchmarks of matrix products, convolutions, passes over memory, whole networks, and how the time of these grows.
 * Beside the time they count two operations for each multiply-add of the textbook algorithm, so that different algorithms
 * compare, or the bytes that must be moved; {@link thaw.bench.Benchmarks} prints them together. How to run them stands in
 * the README.
 */
package thaw.bench;

/**
 * JMH benchmarks of matrix products, convolutions, operators bound by memory and whole networks, also with varying sizes. They
 * count two floating-point operations for each multiply-add of the direct algorithm, so that algorithms are comparable, or the
 * bytes that have to be moved; {@link thaw.bench.Benchmarks} prints these with the time. The README explains how to run them.
 */
package thaw.bench;

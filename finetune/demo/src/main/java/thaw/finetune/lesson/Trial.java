package thaw.finetune.lesson;

import java.util.concurrent.Callable;

/**
 * A measurement of the lesson, such as a training with a test.
 *
 * @param key  its name among all of the lesson, such as {@code rates/one/0.1/draw 2}
 * @param work gives its numbers, the same ones whenever and on however many threads it is done, unless they are times
 */
record Trial(String key, Callable<double[]> work) {
}

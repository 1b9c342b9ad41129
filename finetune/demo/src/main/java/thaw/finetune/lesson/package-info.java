/** Lessons: questions about fine-tuning, answered by experiments that the reader can repeat, as pages. */
package thaw.finetune.lesson;

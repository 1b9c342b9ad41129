package thaw.finetune.lesson;

import java.io.IOException;

/** A chapter of the lesson: a question about fine-tuning, which is answered by measurements. */
interface Chapter {

    /** One word, for options and files; the class is named after it. */
    String name();

    /** The question as people ask it. */
    String question();

    /** The number of trials behind the answer. */
    int trials();

    /**
     * Makes the trials that have not been made yet.
     *
     * @return the answer, from all trials
     * @throws IOException if the measurements cannot be written
     */
    Answer answer(Lab lab) throws IOException;

    /** The file in Thaw's sources that does what the chapter tells. */
    default String source() {
        return "finetune/demo/src/main/java/thaw/finetune/lesson/" + Character.toUpperCase(name().charAt(0)) + name().substring(1)
                + "Chapter.java";
    }
}

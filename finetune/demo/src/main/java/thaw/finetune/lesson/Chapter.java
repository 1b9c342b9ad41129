package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** A chapter of the lesson: a question about fine-tuning, which is answered by measurements. */
interface Chapter {

    /**
     * The answer of a chapter.
     *
     * @param summary in a sentence or two, made from the numbers; plain text
     * @param done    how it was measured; HTML
     * @param claims  claims about the question, with their verdicts
     * @param figures charts and tables; HTML
     * @param numbers the same numbers as JSON
     */
    record Answer(String summary, String done, List<Claim> claims, String figures, ObjectNode numbers) {

        /** Copies the list. */
        public Answer {
            claims = List.copyOf(claims);
        }
    }

    /** One word, for options and files: the class's name without "Chapter". */
    default String name() {
        return getClass().getSimpleName().replaceFirst("Chapter$", "").toLowerCase(Locale.ROOT);
    }

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

package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

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
    Answer {
        claims = List.copyOf(claims);
    }
}

package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import thaw.finetune.lesson.Claim.Verdict;
import thaw.finetune.lesson.ImagesPerClass.Recipe;

/** Early layers frozen, {@code freeze_to(-2)}, against all layers trained, by the number of images. */
record FreezeChapter(Subject subject) implements Chapter {

    /** The loss of accuracy that still counts as equally good. */
    private static final double MARGIN = 0.02;
    private static final Recipe[] RECIPES = {Recipe.ALL, Recipe.FROZEN};

    @Override
    public String name() {
        return "freeze";
    }

    @Override
    public String question() {
        return "Is freeze_to(-2) as good?";
    }

    @Override
    public int trials() {
        return new ImagesPerClass(subject).trials(RECIPES).size();
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        ImagesPerClass trainings = new ImagesPerClass(subject);
        lab.measure(trainings.trials(RECIPES));
        List<Claim> claims = new ArrayList<>();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        trainings.json(lab, json.putArray("results"), RECIPES);
        trainings.cases().forEach(of -> claims.add(trainings.compare(lab, of, Recipe.FROZEN, Recipe.ALL, -MARGIN,
                "frozen early layers are as good: at most 2 points below")));
        return new Answer("Freezing the early layers is as good, at most 2 points below training all, in " + count(claims, Verdict.HOLDS)
                + " of " + claims.size() + " cases; it is worse in " + count(claims, Verdict.FAILS) + ", and " + count(claims, Verdict.OPEN)
                + " remain undecided.", trainings.done(), claims, trainings.figures(lab, RECIPES), json);
    }

    private static long count(List<Claim> claims, Verdict verdict) {
        return claims.stream().filter(claim -> claim.verdict() == verdict).count();
    }
}

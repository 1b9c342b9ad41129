package thaw.finetune.lesson;

import java.io.IOException;
import java.util.List;
import thaw.finetune.lesson.Claim.Verdict;
import thaw.finetune.lesson.ImagesPerClass.Recipe;

/** Early layers frozen, {@code freeze_to(-2)}, against all layers trained, by the number of images. */
record FreezeChapter(ImagesPerClass trainings) implements Chapter {

    /** The loss of accuracy that still counts as equally good. */
    private static final double MARGIN = 0.02;

    FreezeChapter(Subject subject) {
        this(new ImagesPerClass(subject, List.of(Recipe.ALL, Recipe.FROZEN)));
    }

    @Override
    public String question() {
        return "Is freeze_to(-2) as good?";
    }

    @Override
    public int trials() {
        return trainings.trials().size();
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        lab.measure(trainings.trials());
        List<Claim> claims = trainings.cases().stream().map(of -> trainings.compare(lab, of, Recipe.FROZEN, Recipe.ALL, -MARGIN,
                "frozen early layers are as good: at most 2 points below")).toList();
        return trainings.answer(lab, "Freezing the early layers is as good, at most 2 points below training all, in "
                + Claim.count(claims, Verdict.HOLDS) + " of " + claims.size() + " cases; it is worse in "
                + Claim.count(claims, Verdict.FAILS) + ", and " + Claim.count(claims, Verdict.OPEN) + " remain undecided.", claims);
    }
}

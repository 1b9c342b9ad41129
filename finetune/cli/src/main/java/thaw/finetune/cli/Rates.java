package thaw.finetune.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Formats learning rates for tables. */
final class Rates {

    private Rates() {
    }

    /** A rate with three significant digits: {@code 0.05}, {@code 1e-5}. */
    static String text(double rate) {
        if (rate == 0 || rate >= 1e-3 && rate < 1000) {
            return new BigDecimal(rate).round(new MathContext(3)).stripTrailingZeros().toPlainString();
        }
        return String.format(Locale.ROOT, "%.2e", rate).replaceFirst("\\.?0*e", "e").replaceFirst("e([+-])0", "e$1");
    }
}

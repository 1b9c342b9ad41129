package thaw.kernels.cpu.generator;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value computed by {@code +}, {@code -}, {@code *} and {@code fma(a, b, c) = a·b + c} from variables and constants, such
 * as {@code (d1 - d2) * 1/6}. Its Java source for {@code FloatVector} and that for {@code float} have the same operations in
 * the same order, and therefore the same bits.
 */
sealed interface Formula {

    /** @param constants receives the constants that the source needs as vectors, by their names */
    String vectors(Map<String, String> constants);

    String scalars();

    static Formula parse(String text) {
        return new Parser(text).sum();
    }

    /** How tightly {@link #scalars} binds: 0 for a sum, 1 for a product or a fraction, 3 for anything else. */
    default int rank() {
        return 3;
    }

    /** {@link #scalars}, in parentheses if it binds less tightly than {@code rank}. */
    private static String operand(Formula f, int rank) {
        return f.rank() < rank ? "(" + f.scalars() + ")" : f.scalars();
    }

    record Variable(String name) implements Formula {

        @Override
        public String vectors(Map<String, String> constants) {
            return name;
        }

        @Override
        public String scalars() {
            return name;
        }
    }

    /** A number or a fraction, with or without a sign. */
    record Constant(String text) implements Formula {

        @Override
        public String vectors(Map<String, String> constants) {
            String name = text.replaceFirst("^(?!-)", "plus").replace("-", "minus").replace("/", "over");
            constants.put(name, scalars());
            return name;
        }

        @Override
        public String scalars() {
            return text.replace("/", " / ") + "f";
        }

        @Override
        public int rank() {
            return text.contains("/") ? 1 : 3;
        }
    }

    record Negative(Formula of) implements Formula {

        @Override
        public String vectors(Map<String, String> constants) {
            return of.vectors(constants) + ".neg()";
        }

        @Override
        public String scalars() {
            return "-" + operand(of, 3);
        }
    }

    record Binary(String operator, Formula left, Formula right) implements Formula {

        private static final Map<String, String> METHODS = Map.of("+", "add", "-", "sub", "*", "mul");

        @Override
        public String vectors(Map<String, String> constants) {
            return left.vectors(constants) + "." + METHODS.get(operator) + "(" + right.vectors(constants) + ")";
        }

        @Override
        public String scalars() {
            return operand(left, rank()) + " " + operator + " " + operand(right, rank() + 1);
        }

        @Override
        public int rank() {
            return operator.equals("*") ? 1 : 0;
        }
    }

    record Fma(Formula a, Formula b, Formula c) implements Formula {

        @Override
        public String vectors(Map<String, String> constants) {
            return a.vectors(constants) + ".fma(" + b.vectors(constants) + ", " + c.vectors(constants) + ")";
        }

        @Override
        public String scalars() {
            return "fma(" + a.scalars() + ", " + b.scalars() + ", " + c.scalars() + ")";
        }
    }

    /** Recursive descent. */
    final class Parser {

        private static final Pattern TOKEN = Pattern.compile("\\s*(fma\\(|[a-z]\\w*|\\d+(?:/\\d+)?|[-+*(),])");

        private final Matcher tokens;
        private String token;

        Parser(String text) {
            tokens = TOKEN.matcher(text);
            next();
        }

        private String next() {
            String last = token;
            token = tokens.find() ? tokens.group(1) : "";
            return last;
        }

        Formula sum() {
            Formula left = product();
            while (token.equals("+") || token.equals("-")) {
                left = new Binary(next(), left, product());
            }
            return left;
        }

        private Formula product() {
            Formula left = operand();
            while (token.equals("*")) {
                left = new Binary(next(), left, operand());
            }
            return left;
        }

        private Formula operand() {
            String first = next();
            switch (first) {
                case "-" -> {
                    Formula of = operand();
                    return of instanceof Constant c ? new Constant("-" + c.text) : new Negative(of);
                }
                case "(" -> {
                    return endingIn(")", sum());
                }
                case "fma(" -> {
                    return new Fma(endingIn(",", sum()), endingIn(",", sum()), endingIn(")", sum()));
                }
                default -> {
                    return Character.isDigit(first.charAt(0)) ? new Constant(first) : new Variable(first);
                }
            }
        }

        private Formula endingIn(String end, Formula f) {
            if (!next().equals(end)) {
                throw new IllegalArgumentException("'" + end + "' expected after " + f);
            }
            return f;
        }
    }
}

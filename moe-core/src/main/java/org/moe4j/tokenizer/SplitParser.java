// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.moe4j.MixtureException;
import org.moe4j.tokenizer.SplitSyntax.Choice;
import org.moe4j.tokenizer.SplitSyntax.Look;
import org.moe4j.tokenizer.SplitSyntax.One;
import org.moe4j.tokenizer.SplitSyntax.Repeat;
import org.moe4j.tokenizer.SplitSyntax.Sequence;
import org.moe4j.tokenizer.SplitSyntax.Style;

/**
 * Parses the part of the regular expression language (Oniguruma's, which {@code tokenizer.json}
 * files are written in) that split patterns use: alternatives, groups, {@code (?i:...)}, classes
 * with {@code \p{..}}, ranges, nesting and {@code &&}, quantifiers, and a look at one following
 * code point. Anything else is refused by name, never guessed.
 */
final class SplitParser {

  private static final int MAX_LENGTH = 10_000;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_COUNT = 1000;
  private static final int END = -1;

  private final String where;
  private final String pattern;
  private int at;
  private int depth;
  private boolean ignoreCase;

  private SplitParser(String where, String pattern) {
    this.where = where;
    this.pattern = pattern;
  }

  /**
   * Parses a pattern.
   *
   * @param where file and key, for messages
   * @throws MixtureException.Unsupported if the pattern uses anything beyond what this class reads
   */
  static SplitSyntax parse(String where, String pattern) {
    SplitParser parser = new SplitParser(where, pattern);
    if (pattern.length() > MAX_LENGTH) {
      throw parser.unsupported("more than " + MAX_LENGTH + " characters");
    }
    SplitSyntax syntax = parser.choice();
    if (parser.at < pattern.length()) {
      throw parser.unsupported("an unpaired )");
    }
    if (syntax.nullable()) {
      throw parser.unsupported("matching the empty text");
    }
    return syntax;
  }

  private SplitSyntax choice() {
    if (++depth > MAX_DEPTH) {
      throw unsupported("nesting deeper than " + MAX_DEPTH);
    }
    List<SplitSyntax> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence());
    } while (accept("|"));
    depth--;
    return alternatives.size() == 1 ? alternatives.getFirst() : new Choice(alternatives);
  }

  private SplitSyntax sequence() {
    List<SplitSyntax> parts = new ArrayList<>();
    while (at < pattern.length() && peek() != '|' && peek() != ')') {
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
  }

  private SplitSyntax quantified(SplitSyntax atom) {
    SplitSyntax result = atom;
    while (true) {
      int min;
      int max;
      boolean counted = false;
      if (accept("*")) {
        min = 0;
        max = Repeat.UNBOUNDED;
      } else if (accept("+")) {
        min = 1;
        max = Repeat.UNBOUNDED;
      } else if (accept("?")) {
        min = 0;
        max = 1;
      } else if (accept("{")) {
        counted = true;
        min = peek() == ',' ? 0 : number();
        max = !accept(",") ? min : peek() == '}' ? Repeat.UNBOUNDED : number();
        expect("}");
      } else {
        return result;
      }
      if (max != Repeat.UNBOUNDED && max < min) {
        throw unsupported("a count from " + min + " to " + max);
      }
      Style style = Style.GREEDY;
      // After {n,m} a + is a second quantifier in this dialect, not the possessive mark.
      if (!counted && accept("+")) {
        style = Style.POSSESSIVE;
      } else if (accept("?")) {
        if (counted) {
          throw unsupported("? after a count");
        }
        style = Style.LAZY;
      }
      if (max == Repeat.UNBOUNDED && result.nullable()) {
        throw unsupported("repeating what can be empty");
      }
      result = new Repeat(result, min, max, style);
    }
  }

  private SplitSyntax atom() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> new One(bracket());
      case '.' -> new One(CodePointSet.of('\n').complement());
      case '$' -> new Look(CodePointSet.of('\n'), true);
      case '\\' -> new One(cased(escape()));
      case '^', '*', '+', '?', '{' -> throw unsupported("an unescaped " + Character.toString(c));
      default -> new One(cased(CodePointSet.of(c)));
    };
  }

  private SplitSyntax group() {
    boolean outer = ignoreCase;
    if (accept("?!")) {
      One one = looked(choice());
      expect(")");
      return new Look(one.set().complement(), true);
    }
    if (accept("?=")) {
      One one = looked(choice());
      expect(")");
      return new Look(one.set(), false);
    }
    if (accept("?i:")) {
      ignoreCase = true;
    } else if (!accept("?:") && peek() == '?') {
      throw unsupported("a group that begins with (?" + rest(1));
    }
    SplitSyntax inner = choice();
    expect(")");
    ignoreCase = outer;
    return inner;
  }

  private One looked(SplitSyntax syntax) {
    if (syntax instanceof One one) {
      return one;
    }
    throw unsupported("a look at anything but one character");
  }

  /** A class, after its opening bracket. */
  private CodePointSet bracket() {
    if (++depth > MAX_DEPTH) {
      throw unsupported("nesting deeper than " + MAX_DEPTH);
    }
    boolean negated = accept("^");
    CodePointSet all = UnicodeSets.ALL;
    CodePointSet set = CodePointSet.EMPTY;
    boolean first = true;
    while (!accept("]")) {
      if (accept("&&")) {
        all = all.intersection(set);
        set = CodePointSet.EMPTY;
        first = true;
        continue;
      }
      int start = at;
      int c = next();
      if (c == '[') {
        if (peek() == ':') {
          throw unsupported("a class named in [: :]");
        }
        set = set.union(bracket());
      } else {
        CodePointSet one = c == '\\' ? escape() : CodePointSet.of(c);
        boolean single = one.size() == 1;
        if (c == '-' && !first && peek() != ']') {
          throw unsupported("an unescaped - inside a class");
        }
        if (peek() == '-' && at + 1 < pattern.length() && pattern.charAt(at + 1) != ']') {
          at++;
          int last = next();
          CodePointSet to = last == '\\' ? escape() : CodePointSet.of(last);
          if (!single || to.size() != 1 || last == '[') {
            throw unsupported("the range " + pattern.substring(start, at));
          }
          int low = one.bounds()[0];
          int high = to.bounds()[0];
          if (low > high) {
            throw unsupported("the range " + pattern.substring(start, at));
          }
          one = CodePointSet.range(low, high);
        }
        set = set.union(cased(one));
      }
      first = false;
    }
    depth--;
    set = all.intersection(set);
    if (set.isEmpty()) {
      throw unsupported("an empty class");
    }
    return negated ? set.complement() : set;
  }

  /** An escape, after its backslash. */
  private CodePointSet escape() {
    int c = next();
    return switch (c) {
      case 'r' -> CodePointSet.of('\r');
      case 'n' -> CodePointSet.of('\n');
      case 't' -> CodePointSet.of('\t');
      case 'f' -> CodePointSet.of('\f');
      case 'v' -> CodePointSet.of(0x0B);
      case 's' -> UnicodeSets.WHITE_SPACE;
      case 'S' -> UnicodeSets.WHITE_SPACE.complement();
      case 'd' -> property("Nd");
      case 'D' -> property("Nd").complement();
      case 'w' -> UnicodeSets.word();
      case 'W' -> UnicodeSets.word().complement();
      case 'p' -> braces();
      case 'P' -> braces().complement();
      case 'u' -> CodePointSet.of(hex(4));
      case 'x' -> {
        if (accept("{")) {
          int end = pattern.indexOf('}', at);
          int value = hex(end - at);
          expect("}");
          yield CodePointSet.of(value);
        }
        yield CodePointSet.of(hex(2));
      }
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw unsupported("\\" + Character.toString(c));
        }
        yield CodePointSet.of(c);
      }
    };
  }

  private CodePointSet braces() {
    expect("{");
    boolean negated = accept("^");
    int end = pattern.indexOf('}', at);
    if (end < 0) {
      throw unsupported("\\p{ without }");
    }
    String name = pattern.substring(at, end);
    at = end + 1;
    return negated ? property(name).complement() : property(name);
  }

  private CodePointSet property(String name) {
    Optional<CodePointSet> set = UnicodeSets.property(name);
    return set.orElseThrow(() -> unsupported("\\p{" + name + "}"));
  }

  private int hex(int digits) {
    if (digits < 1 || digits > 6 || at + digits > pattern.length()) {
      throw unsupported("the escape " + rest(6));
    }
    try {
      int value = Integer.parseInt(pattern, at, at + digits, 16);
      if (value < 0 || value >= CodePointSet.LIMIT) {
        throw unsupported("the code point " + Integer.toHexString(value));
      }
      at += digits;
      return value;
    } catch (NumberFormatException malformed) {
      throw unsupported("the escape " + rest(digits));
    }
  }

  /**
   * Adds the other cases of ASCII letters where case is ignored. The long s and the Kelvin sign
   * count as s and k.
   */
  private CodePointSet cased(CodePointSet set) {
    if (!ignoreCase) {
      return set;
    }
    if (!set.isDisjoint(UnicodeSets.NON_ASCII)) {
      throw unsupported("ignoring the case of characters beyond ASCII");
    }
    CodePointSet all = set;
    for (int lower = 'a'; lower <= 'z'; lower++) {
      int upper = lower - 'a' + 'A';
      if (set.contains(lower) || set.contains(upper)) {
        all = all.union(CodePointSet.of(lower)).union(CodePointSet.of(upper));
        if (lower == 's') {
          all = all.union(CodePointSet.of(0x17F));
        } else if (lower == 'k') {
          all = all.union(CodePointSet.of(0x212A));
        }
      }
    }
    return all;
  }

  private int number() {
    int start = at;
    int value = 0;
    while (at < pattern.length() && peek() >= '0' && peek() <= '9' && value <= MAX_COUNT) {
      value = 10 * value + (pattern.charAt(at++) - '0');
    }
    if (at == start || value > MAX_COUNT) {
      throw unsupported("the count {" + pattern.substring(start, at));
    }
    return value;
  }

  private int peek() {
    return at < pattern.length() ? pattern.charAt(at) : END;
  }

  private int next() {
    if (at >= pattern.length()) {
      throw unsupported("an end in the middle");
    }
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private boolean accept(String token) {
    if (pattern.startsWith(token, at)) {
      at += token.length();
      return true;
    }
    return false;
  }

  private void expect(String token) {
    if (!accept(token)) {
      throw unsupported("a missing " + token);
    }
  }

  private String rest(int length) {
    return pattern.substring(at, Math.min(pattern.length(), at + length));
  }

  private MixtureException.Unsupported unsupported(String what) {
    return new MixtureException.Unsupported(
        where,
        "split pattern \"" + pattern + "\": " + what + " before position " + at,
        "alternatives, groups, classes, quantifiers and a look at one character");
  }
}

// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.tokenizer.SplitSyntax.Choice;
import org.moe4j.tokenizer.SplitSyntax.Look;
import org.moe4j.tokenizer.SplitSyntax.One;
import org.moe4j.tokenizer.SplitSyntax.Repeat;
import org.moe4j.tokenizer.SplitSyntax.Sequence;
import org.moe4j.tokenizer.SplitSyntax.Style;

/**
 * A split pattern as a net of steps (Thompson's construction). Where there are two ways on, the
 * first is preferred, so that the most preferred way to the end is the match a backtracking engine
 * would find.
 */
final class SplitNet {

  private static final int MAX_STEPS = 5000;

  /** One step of the net. */
  sealed interface Step {}

  /** Consumes a code point out of a set. */
  record Consume(CodePointSet set, int next) implements Step {}

  /** Goes on where the next code point, or the end of the text, is as wanted. */
  record Check(CodePointSet set, boolean atEnd, int next) implements Step {}

  /** Goes on both ways, the first one preferred. */
  record Fork(int first, int second) implements Step {}

  /** The pattern has matched. */
  record Accept() implements Step {}

  /** The place of a loop's head while its body is built. */
  private record Unfinished() implements Step {}

  private final String where;
  private final List<Step> steps = new ArrayList<>();
  private final int start;

  private SplitNet(String where, SplitSyntax syntax) {
    this.where = where;
    this.start = build(syntax, add(new Accept()));
  }

  static SplitNet of(String where, SplitSyntax syntax) {
    return new SplitNet(where, syntax);
  }

  int start() {
    return start;
  }

  Step step(int index) {
    return steps.get(index);
  }

  /** All sets that steps ask about. */
  Set<CodePointSet> sets() {
    Set<CodePointSet> sets = new HashSet<>();
    for (Step step : steps) {
      if (step instanceof Consume consume) {
        sets.add(consume.set());
      } else if (step instanceof Check check) {
        sets.add(check.set());
      }
    }
    return sets;
  }

  /** Adds the steps of a part that goes on to {@code next}; returns its first step. */
  private int build(SplitSyntax syntax, int next) {
    return switch (syntax) {
      case One one -> add(new Consume(one.set(), next));
      case Look look -> add(new Check(look.set(), look.atEnd(), next));
      case Sequence sequence -> {
        int to = next;
        for (SplitSyntax part : sequence.parts().reversed()) {
          to = build(part, to);
        }
        yield to;
      }
      case Choice choice -> {
        int to = -1;
        for (SplitSyntax alternative : choice.alternatives().reversed()) {
          int first = build(alternative, next);
          to = to < 0 ? first : add(new Fork(first, to));
        }
        yield to;
      }
      case Repeat repeat -> buildRepeat(repeat, next);
    };
  }

  private int buildRepeat(Repeat repeat, int next) {
    if (repeat.style() == Style.POSSESSIVE) {
      return buildPossessive(repeat, next);
    }
    boolean lazy = repeat.style() == Style.LAZY;
    int to = next;
    if (repeat.max() == Repeat.UNBOUNDED) {
      to = add(new Unfinished());
      int body = build(repeat.body(), to);
      steps.set(to, lazy ? new Fork(next, body) : new Fork(body, next));
    } else {
      for (int i = repeat.min(); i < repeat.max(); i++) {
        int body = build(repeat.body(), to);
        to = add(lazy ? new Fork(next, body) : new Fork(body, next));
      }
    }
    for (int i = 0; i < repeat.min(); i++) {
      to = build(repeat.body(), to);
    }
    return to;
  }

  /**
   * Never giving back a code point of a class means going on only where the next one is not of that
   * class.
   */
  private int buildPossessive(Repeat repeat, int next) {
    boolean optional = repeat.min() == 0 && repeat.max() == 1;
    if (!(repeat.body() instanceof One one) || !(optional || repeat.max() == Repeat.UNBOUNDED)) {
      throw new MixtureException.Unsupported(
          where,
          "a split pattern with a possessive quantifier of more than a class",
          "possessive quantifiers of single classes");
    }
    int stop = add(new Check(one.set().complement(), true, next));
    return optional
        ? add(new Fork(build(one, next), stop))
        : buildRepeat(new Repeat(one, repeat.min(), repeat.max(), Style.GREEDY), stop);
  }

  private int add(Step step) {
    if (steps.size() == MAX_STEPS) {
      throw new MixtureException.Unsupported(
          where, "a split pattern of more than " + MAX_STEPS + " steps", "shorter patterns");
    }
    steps.add(step);
    return steps.size() - 1;
  }
}

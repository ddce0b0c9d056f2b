// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.List;

/** The parts of a split pattern, after parsing. */
sealed interface SplitSyntax {

  /** One code point out of a set. */
  record One(CodePointSet set) implements SplitSyntax {}

  /**
   * A look at the next code point, which is not consumed.
   *
   * @param set the code points that are accepted
   * @param atEnd whether the end of the text is accepted
   */
  record Look(CodePointSet set, boolean atEnd) implements SplitSyntax {}

  /** One part after the other. */
  record Sequence(List<SplitSyntax> parts) implements SplitSyntax {}

  /** The first alternative that leads to a match. */
  record Choice(List<SplitSyntax> alternatives) implements SplitSyntax {}

  /**
   * A part several times.
   *
   * @param min at least this often
   * @param max at most this often, or {@link #UNBOUNDED}
   * @param style which count is tried first
   */
  record Repeat(SplitSyntax body, int min, int max, Style style) implements SplitSyntax {
    static final int UNBOUNDED = -1;
  }

  /** Which number of repetitions is preferred. */
  enum Style {
    /** As many as possible, fewer where the rest needs it. */
    GREEDY,
    /** As few as possible, more where the rest needs it. */
    LAZY,
    /** As many as possible, never fewer. */
    POSSESSIVE
  }

  /** Whether the part can match without consuming anything. */
  default boolean nullable() {
    return switch (this) {
      case One _ -> false;
      case Look _ -> true;
      case Sequence sequence -> sequence.parts().stream().allMatch(SplitSyntax::nullable);
      case Choice choice -> choice.alternatives().stream().anyMatch(SplitSyntax::nullable);
      case Repeat repeat -> repeat.min() == 0 || repeat.body().nullable();
    };
  }
}

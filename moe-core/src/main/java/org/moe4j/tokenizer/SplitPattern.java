// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.moe4j.MixtureException;

/**
 * A split pattern compiled to a table: one state per point of progress, one column per kind of code
 * point that the pattern tells apart, so that a text is split in one pass without backtracking.
 * Immutable and safe for many threads.
 *
 * <p>The match at a position is the one that a backtracking engine prefers (the first alternative
 * that leads to a match, greedy repetition), not the longest one. The time for a text grows with
 * its length only: where a scan ran on for long without completing a match, the states it passed
 * are remembered, and no later scan passes them again (T. Reps, "Maximal-munch tokenization in
 * linear time", 1998).
 */
final class SplitPattern {

  private static final int MAX_STATES = 4096;
  private static final int MAX_SETS = 60;
  private static final int DEAD = -1;

  /**
   * How far a scan may run past its last match before its states are remembered, and the distance
   * between them.
   */
  private static final int STRIDE = 64;

  private static final int BMP = 0x10000;

  private final byte[] bmpKinds;
  private final int[] starts;
  private final byte[] startKinds;
  private final int kinds;

  /**
   * For state and kind: the next state shifted left by one, plus one if a match ends before the
   * code point.
   */
  private final int[] table;

  private SplitPattern(String where, SplitNet net) {
    // The kind of a code point is which of the sets hold it.
    List<CodePointSet> sets = List.copyOf(net.sets());
    if (sets.size() > MAX_SETS) {
      throw new MixtureException.Unsupported(
          where, "a split pattern with " + sets.size() + " classes", "up to " + MAX_SETS);
    }
    TreeMap<Integer, Long> changes = new TreeMap<>();
    changes.put(0, 0L);
    for (int i = 0; i < sets.size(); i++) {
      for (int bound : sets.get(i).bounds()) {
        changes.merge(bound, 1L << i, (a, b) -> a ^ b);
      }
    }
    starts = new int[changes.size()];
    startKinds = new byte[changes.size()];
    Map<Long, Integer> kindOf = new HashMap<>();
    List<Long> members = new ArrayList<>();
    long member = 0;
    int size = 0;
    for (Map.Entry<Integer, Long> change : changes.entrySet()) {
      member ^= change.getValue();
      long holding = member;
      int kind =
          kindOf.computeIfAbsent(
              member,
              _ -> {
                members.add(holding);
                return members.size() - 1;
              });
      if (kind > Byte.MAX_VALUE) {
        throw new MixtureException.Unsupported(
            where, "a split pattern that tells more than 128 kinds of characters apart", "fewer");
      }
      starts[size] = change.getKey();
      startKinds[size++] = (byte) kind;
    }
    bmpKinds = new byte[BMP];
    for (int i = 0; i < size && starts[i] < BMP; i++) {
      Arrays.fill(
          bmpKinds, starts[i], i + 1 < size ? Math.min(starts[i + 1], BMP) : BMP, startKinds[i]);
    }
    kinds = members.size() + 1; // the last one is the end of the text
    table = new Tabulation(where, net, sets, members).table();
  }

  /**
   * Compiles a pattern.
   *
   * @param where file and key, for messages
   * @param pattern the pattern, as {@code tokenizer.json} files write it
   * @throws MixtureException.Unsupported if it uses anything that would have to be guessed
   */
  static SplitPattern compile(String where, String pattern) {
    return new SplitPattern(where, SplitNet.of(where, SplitParser.parse(where, pattern)));
  }

  /**
   * A pattern that matches one text.
   *
   * @param where file and key, for messages
   * @param text what it matches, not empty
   */
  static SplitPattern literal(String where, String text) {
    List<SplitSyntax> parts = new ArrayList<>();
    text.codePoints().forEach(c -> parts.add(new SplitSyntax.One(CodePointSet.of(c))));
    return new SplitPattern(where, SplitNet.of(where, new SplitSyntax.Sequence(parts)));
  }

  /** Takes the stretches of a text in order: the matches, and what lies between them. */
  @FunctionalInterface
  interface Spans {
    void span(int start, int end, boolean match);
  }

  /**
   * Finds the matches one after the other, each beginning at the first position where one can.
   *
   * @param text text without unpaired surrogates
   * @param spans takes stretches that are not empty and cover the text
   */
  void split(String text, Spans spans) {
    Scan scan = new Scan(text);
    int gap = 0;
    int at = 0;
    while (at < text.length()) {
      int end = scan.match(at);
      if (end > at) {
        if (gap < at) {
          spans.span(gap, at, false);
        }
        spans.span(at, end, true);
        gap = end;
        at = end;
      } else {
        at += Character.charCount(text.codePointAt(at));
      }
    }
    if (gap < at) {
      spans.span(gap, at, false);
    }
  }

  private int kindOf(int codePoint) {
    if (codePoint < BMP) {
      return bmpKinds[codePoint];
    }
    int at = Arrays.binarySearch(starts, codePoint);
    return startKinds[at >= 0 ? at : -at - 2];
  }

  /** One pass over a text, with what it has learned about hopeless states. */
  private final class Scan {
    private final String text;
    private final Set<Long> hopeless = new HashSet<>();
    private final List<Long> passed = new ArrayList<>();

    Scan(String text) {
      this.text = text;
    }

    /** The end of the match that begins at a position, or -1. */
    int match(int start) {
      int length = text.length();
      int found = -1;
      int state = 0;
      int at = start;
      int remembered = start;
      while (true) {
        int codePoint = at < length ? text.codePointAt(at) : -1;
        int entry = table[state * kinds + (codePoint < 0 ? kinds - 1 : kindOf(codePoint))];
        if ((entry & 1) != 0) {
          found = at;
          remembered = at;
          passed.clear();
        }
        state = entry >> 1;
        if (state == DEAD || codePoint < 0) {
          break;
        }
        at += Character.charCount(codePoint);
        if (at - remembered >= STRIDE && (at & (STRIDE - 1)) < 2) {
          long key = (long) at * MAX_STATES + state;
          if (hopeless.contains(key)) {
            break;
          }
          passed.add(key);
        }
      }
      hopeless.addAll(passed);
      passed.clear();
      return found;
    }
  }

  /** Builds the table: a state is the list of steps that may come next, the preferred one first. */
  private static final class Tabulation {
    private final String where;
    private final SplitNet net;
    private final List<CodePointSet> sets;
    private final List<Long> members;
    private final Map<CodePointSet, Integer> indexOf = new HashMap<>();
    private final Map<List<Integer>, Integer> states = new HashMap<>();
    private final List<List<Integer>> pending = new ArrayList<>();

    Tabulation(String where, SplitNet net, List<CodePointSet> sets, List<Long> members) {
      this.where = where;
      this.net = net;
      this.sets = sets;
      this.members = members;
    }

    int[] table() {
      for (int i = 0; i < sets.size(); i++) {
        indexOf.put(sets.get(i), i);
      }
      int columns = members.size() + 1;
      int[] table = new int[8 * columns];
      stateOf(List.of(net.start()));
      for (int state = 0; state < pending.size(); state++) {
        if ((state + 1) * columns > table.length) {
          table = Arrays.copyOf(table, 2 * table.length);
        }
        for (int kind = 0; kind < columns; kind++) {
          table[state * columns + kind] = entry(pending.get(state), kind);
        }
      }
      return Arrays.copyOf(table, pending.size() * columns);
    }

    private int entry(List<Integer> state, int kind) {
      boolean end = kind == members.size();
      long member = end ? 0 : members.get(kind);
      Set<Integer> next = new LinkedHashSet<>();
      Set<Integer> seen = new HashSet<>();
      List<Integer> stack = new ArrayList<>(state.reversed());
      boolean match = false;
      // In order of preference; a match ends the list, since what comes after it is never preferred
      // to it.
      while (!stack.isEmpty() && !match) {
        int index = stack.removeLast();
        if (!seen.add(index)) {
          continue;
        }
        switch (net.step(index)) {
          case SplitNet.Accept _ -> match = true;
          case SplitNet.Fork fork -> {
            stack.add(fork.second());
            stack.add(fork.first());
          }
          case SplitNet.Check check -> {
            if (end ? check.atEnd() : holds(member, check.set())) {
              stack.add(check.next());
            }
          }
          case SplitNet.Consume consume -> {
            if (!end && holds(member, consume.set())) {
              next.add(consume.next());
            }
          }
          default -> throw new IllegalStateException("an unfinished step");
        }
      }
      return stateOf(List.copyOf(next)) << 1 | (match ? 1 : 0);
    }

    private boolean holds(long member, CodePointSet set) {
      Integer index = indexOf.get(set);
      return index != null && (member >> index & 1) != 0;
    }

    private int stateOf(List<Integer> steps) {
      if (steps.isEmpty()) {
        return DEAD;
      }
      Integer known = states.get(steps);
      if (known != null) {
        return known;
      }
      if (pending.size() == MAX_STATES) {
        throw new MixtureException.Unsupported(
            where, "a split pattern of more than " + MAX_STATES + " states", "simpler patterns");
      }
      pending.add(steps);
      states.put(steps, pending.size() - 1);
      return pending.size() - 1;
    }
  }
}

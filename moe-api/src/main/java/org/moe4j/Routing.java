// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which experts run for each row and with what weight: per row a list of slots, each an expert and
 * a finite weight. The outputs of a row's experts are multiplied by their weights and summed in
 * slot order.
 *
 * <p>Valid by construction: {@link #add} refuses an expert out of range, an expert that the row
 * already has, and a weight that is not finite. Not safe for concurrent use.
 */
public final class Routing {

  /** What the views of one routing use one after the other. */
  private static final class Workspace {

    final float[] scores;
    @Nullable Routing spare;

    Workspace(float[] scores) {
      this.scores = scores;
    }
  }

  private final int experts;
  private final int slots;
  private final int[] chosen;
  private final float[] weights;
  private final int[] counts;
  private final Workspace workspace;
  private final int first;
  private final int rows;

  private Routing(
      int experts,
      int slots,
      int[] chosen,
      float[] weights,
      int[] counts,
      Workspace workspace,
      int first,
      int rows) {
    this.experts = experts;
    this.slots = slots;
    this.chosen = chosen;
    this.weights = weights;
    this.counts = counts;
    this.workspace = workspace;
    this.first = first;
    this.rows = rows;
  }

  /**
   * An empty routing.
   *
   * @param rows number of rows
   * @param slots most experts of a row; more than {@code experts} is taken as {@code experts}
   * @param experts number of experts to choose from
   */
  public static Routing allocate(int rows, int slots, int experts) {
    if (rows < 0 || slots < 1 || experts < 1) {
      throw new IllegalArgumentException(
          "rows, slots and experts must be positive, were %d, %d, %d"
              .formatted(rows, slots, experts));
    }
    int width = Math.min(slots, experts);
    int size = Math.multiplyExact(rows, width);
    return new Routing(
        experts,
        width,
        new int[size],
        new float[size],
        new int[rows],
        new Workspace(new float[experts]),
        0,
        rows);
  }

  /**
   * The rows {@code from <= row < to} as a view that writes through. Views of one routing are no
   * safer for concurrent use than the routing itself.
   *
   * @param from first row
   * @param to row after the last
   */
  public Routing range(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new Routing(experts, slots, chosen, weights, counts, workspace, first + from, to - from);
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** The most experts a row can hold. */
  public int slots() {
    return slots;
  }

  /** The number of experts that ids refer to. */
  public int experts() {
    return experts;
  }

  /**
   * Empties a row.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public void clear(int row) {
    counts[index(row)] = 0;
  }

  /** Empties every row. */
  public void clear() {
    Arrays.fill(counts, first, first + rows, 0);
  }

  /**
   * Puts an expert into the next slot of a row.
   *
   * @param row {@code 0 <= row < rows()}
   * @param expert {@code 0 <= expert < experts()}, not yet in this row
   * @param weight factor of the expert's output, finite
   * @throws IllegalArgumentException if the expert is out of range or there already, the weight is
   *     not finite, or the row is full
   */
  public void add(int row, int expert, float weight) {
    int at = index(row);
    int used = counts[at];
    int base = at * slots;
    if (expert < 0 || expert >= experts) {
      throw new IllegalArgumentException(
          "row %d: expert must be 0 to %d, was %d".formatted(row, experts - 1, expert));
    }
    if (!Float.isFinite(weight)) {
      throw new IllegalArgumentException(
          "row %d: weight of expert %d must be finite, was %s".formatted(row, expert, weight));
    }
    if (used == slots) {
      throw new IllegalArgumentException(
          "row %d: holds %d experts already, no more fit".formatted(row, slots));
    }
    for (int slot = 0; slot < used; slot++) {
      if (chosen[base + slot] == expert) {
        throw new IllegalArgumentException("row %d: expert %d twice".formatted(row, expert));
      }
    }
    chosen[base + used] = expert;
    weights[base + used] = weight;
    counts[at] = used + 1;
  }

  /**
   * The number of experts of a row.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int count(int row) {
    return counts[index(row)];
  }

  /**
   * The expert in a slot.
   *
   * @param row {@code 0 <= row < rows()}
   * @param slot {@code 0 <= slot < count(row)}
   */
  public int expert(int row, int slot) {
    return chosen[at(row, slot)];
  }

  /**
   * The weight in a slot.
   *
   * @param row {@code 0 <= row < rows()}
   * @param slot {@code 0 <= slot < count(row)}
   */
  public float weight(int row, int slot) {
    return weights[at(row, slot)];
  }

  /**
   * Room for one score an expert, so that the built-in rules need none of their own in each call.
   *
   * @param logits the logits to route, which must be of as many experts
   */
  float[] scores(RouterLogits logits) {
    if (logits.experts() != experts) {
      throw new IllegalArgumentException(
          "expected logits of %d experts, got %d".formatted(experts, logits.experts()));
    }
    return workspace.scores;
  }

  /**
   * An empty routing of as many rows and experts for what a wrapper asks of its base; the same one
   * again in the next call.
   *
   * @param most most experts of a row
   */
  Routing spare(int most) {
    Routing spare = workspace.spare;
    if (spare == null || spare.rows < rows || spare.slots < Math.min(most, experts)) {
      spare = allocate(rows, most, experts);
      workspace.spare = spare;
    }
    spare.clear();
    return spare.rows == rows ? spare : spare.range(0, rows);
  }

  /**
   * Fills an empty row with the {@code k} experts of the highest scores, in falling order and with
   * weights still to be set; equal scores go to the lowest id. An expert whose score is NaN does
   * not take part.
   *
   * @throws IllegalArgumentException if the row has too few slots
   */
  void choose(int row, float[] scores, int k) {
    int at = index(row);
    int base = at * slots;
    int most = Math.min(k, slots);
    int used = 0;
    boolean more = false;
    for (int expert = 0; expert < experts; expert++) {
      float score = scores[expert];
      if (Float.isNaN(score)) {
        continue;
      }
      if (used == most) {
        more = true;
        if (!(score > scores[chosen[base + used - 1]])) {
          continue;
        }
      } else {
        used++;
      }
      int slot = used - 1;
      // Only what is truly lower moves down, so that equal scores keep the order of their ids.
      while (slot > 0 && score > scores[chosen[base + slot - 1]]) {
        chosen[base + slot] = chosen[base + slot - 1];
        slot--;
      }
      chosen[base + slot] = expert;
    }
    if (more && most < k) {
      throw new IllegalArgumentException(
          "row %d: has %d slots, the rule chooses %d experts".formatted(row, slots, k));
    }
    counts[at] = used;
  }

  /** Sets the weight of a slot, which must be finite. */
  void weight(int row, int slot, float weight) {
    weights[at(row, slot)] = weight;
  }

  /** Takes experts out of a row; the others keep their order. */
  void remove(int row, Set<Integer> experts) {
    int at = index(row);
    int base = at * slots;
    int kept = 0;
    for (int slot = 0; slot < counts[at]; slot++) {
      if (!experts.contains(chosen[base + slot])) {
        chosen[base + kept] = chosen[base + slot];
        weights[base + kept] = weights[base + slot];
        kept++;
      }
    }
    counts[at] = kept;
  }

  private int index(int row) {
    return first + Objects.checkIndex(row, rows);
  }

  private int at(int row, int slot) {
    int index = index(row);
    return index * slots + Objects.checkIndex(slot, counts[index]);
  }
}

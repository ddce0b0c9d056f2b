// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * One position of a head with a matrix as its state: a tile of columns of it, row-major without
 * gaps. Columns do not depend on each other, and each is summed in the order of its rows, so
 * results do not depend on the vector width.
 */
interface Recurrence {

  /** Most columns of a tile, so that one of usual height fits the first-level cache. */
  int COLUMNS = 32;

  /**
   * {@code state[n][j] = decay * state[n][j] + (step * x[j]) * b[n]}, then {@code y[j] = sum over n
   * of state[n][j] * c[n]}.
   *
   * @param decay what is left of the state
   * @param step factor of {@code x}
   * @param row holds {@code x}, {@code b} and {@code c}
   * @param x index of {@code x[0]} in it
   * @param b index of {@code b[0]} in it
   * @param c index of {@code c[0]} in it
   * @param size rows of the state
   * @param state the states
   * @param at index of the tile
   * @param columns columns of the tile
   * @param y receives a value a column
   * @param to index of the first
   */
  void stateSpace(
      float decay,
      float step,
      float[] row,
      int x,
      int b,
      int c,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to);

  /**
   * With {@code S = decay * state}: {@code e[j] = beta * (v[j] - sum over n of S[n][j] * k[n])},
   * {@code state[n][j] = S[n][j] + e[j] * k[n]}, then {@code y[j] = sum over n of state[n][j] *
   * q[n]}.
   *
   * @param decay what is left of the state
   * @param beta share of the value that is corrected
   * @param row holds {@code q}, {@code k} and {@code v}
   * @param q index of {@code q[0]} in it
   * @param k index of {@code k[0]} in it
   * @param v index of {@code v[0]} in it
   * @param size rows of the state
   * @param state the states
   * @param at index of the tile
   * @param columns columns of the tile
   * @param y receives a value a column
   * @param to index of the first
   */
  void deltaRule(
      float decay,
      float beta,
      float[] row,
      int q,
      int k,
      int v,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to);
}

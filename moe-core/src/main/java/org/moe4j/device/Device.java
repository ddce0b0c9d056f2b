// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import java.util.List;
import org.moe4j.Expert;
import org.moe4j.Routing;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Norm;
import org.moe4j.model.SequenceMixer;

/**
 * A place where a model's weights and sequence state live and its operations run.
 *
 * <p>Weights are opaque handles made by the {@code load} methods from tensors whose memory stays
 * valid until the device is closed; they are immutable and may be loaded while operations run.
 * Operations are called by one thread at a time, in order; each works on the first {@link
 * Batch#rows()} rows of its operands and may run later than the call. Only {@link #read} and {@link
 * #routing} wait for what was enqueued. No operation changes an input unless it says so, and inputs
 * and outputs are distinct unless it says so. A handle made by one device is never given to
 * another.
 *
 * <p>Results do not depend on the number of threads, on how warm the code is, or on which other
 * rows are in the batch.
 */
public interface Device extends AutoCloseable {

  /** Name and abilities in words, such as {@code cpu (512-bit vectors, 2 threads)}. */
  String description();

  // ------------------------------------------------------------------ weights

  /** A linear map or an embedding table on this device. */
  interface LinearWeights {}

  /** A norm on this device. */
  interface NormWeights {}

  /** A sequence mixer on this device. */
  interface MixerWeights {}

  /** A gated feed-forward, an expert's or a dense layer's, or a caller's expert. */
  interface FeedForwardWeights {}

  /** The experts that the ids of a routing refer to. */
  interface ExpertSet {}

  /**
   * Loads a linear map.
   *
   * @param linear the map; weights of any supported tensor type
   */
  LinearWeights load(Linear linear);

  /**
   * Loads an embedding table, which only {@link #embed} reads.
   *
   * @param table one row a token id
   */
  default LinearWeights loadTable(Linear table) {
    return load(table);
  }

  /**
   * Loads a norm.
   *
   * @param norm the norm
   */
  NormWeights load(Norm norm);

  /**
   * Loads a sequence mixer with all its parts.
   *
   * @param mixer the mixer
   */
  MixerWeights load(SequenceMixer mixer);

  /**
   * Loads one gated feed-forward.
   *
   * @param feedForward the feed-forward
   */
  FeedForwardWeights load(GatedFeedForward feedForward);

  /**
   * Takes a caller's expert, which runs on the host.
   *
   * @param expert hidden rows to hidden rows
   * @param where layer and index, for messages
   */
  FeedForwardWeights load(Expert expert, String where);

  /**
   * Groups loaded experts so that routing ids refer to them. Cheap: nothing is copied.
   *
   * @param experts the experts in the order of their ids
   * @param weighting what a routing's weights multiply
   */
  ExpertSet experts(List<FeedForwardWeights> experts, Mixture.Weighting weighting);

  // -------------------------------------------------------------- activations

  /** A block of activation rows, float, on this device. */
  interface Rows extends AutoCloseable {
    /** Most rows it holds. */
    int capacity();

    /** Width of a row. */
    int width();

    @Override
    void close();
  }

  /**
   * Allocates activation rows.
   *
   * @param capacity most rows
   * @param width width of a row
   */
  Rows allocate(int capacity, int width);

  /**
   * Copies rows from the host.
   *
   * @param values {@code rows x width} values, row-major
   * @param rows number of rows
   * @param into receives them from row 0
   */
  void write(float[] values, int rows, Rows into);

  /**
   * Waits for the operations so far and copies one row to the host.
   *
   * @param from the rows
   * @param row {@code 0 <= row < capacity}
   * @param into receives {@code width} values from index 0
   */
  void read(Rows from, int row, float[] into);

  // ------------------------------------------------------------ sequence state

  /**
   * The keys and values of {@link CacheLayout#positions} consecutive positions of one sequence,
   * over all layers.
   */
  interface Page extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Allocates a page.
   *
   * @param layout shape of the page
   */
  Page allocatePage(CacheLayout layout);

  /**
   * Copies a page of the same layout.
   *
   * @param from the page to copy
   * @param to the page to overwrite
   */
  void copyPage(Page from, Page to);

  /** What a sequence has as a whole besides its pages: the state of its recurrent layers. */
  interface Recurrent extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Allocates the recurrent state of a sequence that has no positions yet: zeros.
   *
   * @param layout shape of the state
   */
  Recurrent allocateRecurrent(CacheLayout layout);

  /**
   * Copies recurrent state of the same layout.
   *
   * @param from the state to copy
   * @param to the state to overwrite
   */
  void copyRecurrent(Recurrent from, Recurrent to);

  // ---------------------------------------------------------------- operations

  /**
   * {@code out[r] = table[token of row r]}.
   *
   * @param table one row a token id
   * @param batch gives the token ids
   * @param out receives the rows
   */
  void embed(LinearWeights table, Batch batch, Rows out);

  /**
   * {@code out[r] = norm(in[r])}.
   *
   * @param norm the norm
   * @param rows number of rows
   * @param in input rows
   * @param out output rows; may be {@code in}
   */
  void norm(NormWeights norm, int rows, Rows in, Rows out);

  /**
   * {@code out[r] = linear(in[r])}.
   *
   * @param linear the map
   * @param rows number of rows
   * @param in input rows
   * @param out output rows
   */
  void linear(LinearWeights linear, int rows, Rows in, Rows out);

  /**
   * Runs a sequence mixer: appends the rows' state to the sequences' pages and mixes each row with
   * the state up to its position.
   *
   * @param mixer the mixer
   * @param layer index of the layer, which selects the part of a page
   * @param batch gives positions and pages
   * @param in normed rows
   * @param out the mixer's output, before it is added to the residual
   */
  void mixSequence(MixerWeights mixer, int layer, Batch batch, Rows in, Rows out);

  /**
   * {@code out[r] = feedForward(in[r])}.
   *
   * @param feedForward the feed-forward
   * @param rows number of rows
   * @param in input rows
   * @param out output rows
   */
  void feedForward(FeedForwardWeights feedForward, int rows, Rows in, Rows out);

  /** Room for the routing of one layer of a step. */
  interface RoutingRows {}

  /**
   * Allocates room for routings. Space grows as routers need it.
   *
   * @param capacity most rows
   * @param experts number of experts
   */
  RoutingRows allocateRouting(int capacity, int experts);

  /**
   * Computes router logits and applies each segment's router to its rows.
   *
   * @param router hidden to one logit an expert
   * @param plan which router each row range uses; custom routers are called through it
   * @param batch gives tokens and positions
   * @param in normed rows
   * @param out receives the routing
   */
  void route(LinearWeights router, RoutePlan plan, Batch batch, Rows in, RoutingRows out);

  /**
   * Waits for the operations so far and gives the routing of the last step, valid until the next
   * {@link #route} into it.
   *
   * @param rows the routing's room
   */
  Routing routing(RoutingRows rows);

  /**
   * {@code out[r] = sum over slots s of weight[r, s] * experts[id[r, s]](in[r])}, summed in slot
   * order, or with the weight inside the expert, as the set's weighting says. Rows are grouped by
   * expert, so that a weight is read once for all its rows.
   *
   * @param experts what the ids refer to
   * @param batch gives the number of rows
   * @param in input rows
   * @param routing ids and weights
   * @param out output rows
   */
  void experts(ExpertSet experts, Batch batch, Rows in, RoutingRows routing, Rows out);

  /**
   * {@code rows[r] *= sigmoid(gate(in[r]))}.
   *
   * @param gate hidden to one logit
   * @param rows number of rows
   * @param in input rows of the gate
   * @param inOut rows that are scaled
   */
  void scaleBySigmoid(LinearWeights gate, int rows, Rows in, Rows inOut);

  /**
   * {@code inOut[r] += in[r]}.
   *
   * @param rows number of rows
   * @param in what is added
   * @param inOut what it is added to
   */
  void add(int rows, Rows in, Rows inOut);

  /**
   * {@code inOut[r] *= factor}.
   *
   * @param factor factor of all values
   * @param rows number of rows
   * @param inOut rows that are scaled
   */
  void scale(float factor, int rows, Rows inOut);

  /**
   * {@code inOut[r] = cap * tanh(inOut[r] / cap)}.
   *
   * @param cap largest magnitude that can come out
   * @param rows number of rows
   * @param inOut rows that are limited
   */
  void cap(float cap, int rows, Rows inOut);

  /**
   * Copies chosen rows together: {@code out[i] = in[batch.logitRow(i)]}.
   *
   * @param batch gives the rows that want logits
   * @param in all rows
   * @param out the chosen rows
   */
  void gather(Batch batch, Rows in, Rows out);

  /** Frees everything that was loaded and allocated, and ends the device's threads. Idempotent. */
  @Override
  void close();
}

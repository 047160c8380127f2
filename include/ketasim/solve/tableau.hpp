/// Coefficients of the Rosenbrock methods, in the transformed form that needs no Jacobian-vector
/// product (Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.7):
///   (I/(h gamma) - J) k_i = f(t + c_i h, u_i) + sum_{j<i} C_ij k_j / h + h d_i df/dt
///   u_i = y + sum_{j<i} A_ij k_j
///   y1 = u_s + k_s
///   error estimate = k_s
///   y(t + theta h) = (1 - theta) y + theta (y1 + (1 - theta) (D_1 + theta D_2 + theta^2 D_3))
///   D_r = sum_j H_rj k_j
/// Verified by their order conditions in tests/cpp/solve/test_tableau.cpp.
#pragma once

#include <array>
#include <cstddef>

namespace ketasim::solve {

template <std::size_t Rows, std::size_t Columns>
using Coefficients = std::array<std::array<long double, Columns>, Rows>;

/// Order 5(4), 8 stages, L-stable, stiffly accurate; continuous extension of order 4.
/// @cite Steinebach 2023, Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks
///       within the Julia Differential Equations package, BIT Numer. Math. 63:27; 16 digits as in
///       OrdinaryDiffEq.jl (Rodas5PTableau)
struct Rodas5P {
  static constexpr std::size_t stages = 8;
  static constexpr int order = 5;
  static constexpr int error_order = 4;
  static constexpr int dense_order = 4;
  static constexpr long double gamma = 0.21193756319429014L;
  static constexpr Coefficients<8, 8> A{{
      {},
      {3.0L},
      {2.849394379747939L, 0.45842242204463923L},
      {-6.954028509809101L, 2.489845061869568L, -10.358996098473584L},
      {2.8029986275628964L, 0.5072464736228206L, -0.3988312541770524L, -0.04721187230404641L},
      {-7.502846399306121L, 2.561846144803919L, -11.627539656261098L, -0.18268767659942256L,
       0.030198172008377946L},
      {-7.502846399306121L, 2.561846144803919L, -11.627539656261098L, -0.18268767659942256L,
       0.030198172008377946L, 1.0L},
      {-7.502846399306121L, 2.561846144803919L, -11.627539656261098L, -0.18268767659942256L,
       0.030198172008377946L, 1.0L, 1.0L},
  }};
  static constexpr Coefficients<8, 8> C{{
      {},
      {-14.155112264123755L},
      {-17.97296035885952L, -2.859693295451294L},
      {147.12150275711716L, -1.41221402718213L, 71.68940251302358L},
      {165.43517024871676L, -0.4592823456491126L, 42.90938336958603L, -5.961986721573306L},
      {24.854864614690072L, -3.0009227002832186L, 47.4931110020768L, 5.5814197821558125L,
       -0.6610691825249471L},
      {30.91273214028599L, -3.1208243349937974L, 77.79954646070892L, 34.28646028294783L,
       -19.097331116725623L, -28.087943162872662L},
      {37.80277123390563L, -3.2571969029072276L, 112.26918849496327L, 66.9347231244047L,
       -40.06618937091002L, -54.66780262877968L, -9.48861652309627L},
  }};
  static constexpr std::array<long double, 8> c{0.0L,
                                                0.6358126895828704L,
                                                0.4095798393397535L,
                                                0.9769306725060716L,
                                                0.4288403609558664L,
                                                1.0L,
                                                1.0L,
                                                1.0L};
  static constexpr std::array<long double, 8> d{0.21193756319429014L,
                                                -0.42387512638858027L,
                                                -0.3384627126235924L,
                                                1.8046452872882734L,
                                                2.325825639765069L,
                                                0.0L,
                                                0.0L,
                                                0.0L};
  static constexpr Coefficients<3, 8> H{{
      {25.948786856663858L, -2.5579724845846235L, 10.433815404888879L, -2.3679251022685204L,
       0.524948541321073L, 1.1241088310450404L, 0.4272876194431874L, -0.17202221070155493L},
      {-9.91568850695171L, -0.9689944594115154L, 3.0438037242978453L, -24.495224566215796L,
       20.176138334709044L, 15.98066361424651L, -6.789040303419874L, -6.710236069923372L},
      {11.419903575922262L, 2.8879645146136994L, 72.92137995996029L, 80.12511834622643L,
       -52.072871366152654L, -59.78993625266729L, -0.15582684282751913L, 4.883087185713722L},
  }};
};

/// Order 4(3), 6 stages, L-stable, stiffly accurate; continuous extension of order 3.
/// @cite Hairer and Wanner 1996, Solving Ordinary Differential Equations II, section IV.7, method
///       RODAS; digits of the authors' Fortran code (SUBROUTINE RODAS, METH = 1)
struct Rodas4 {
  static constexpr std::size_t stages = 6;
  static constexpr int order = 4;
  static constexpr int error_order = 3;
  static constexpr int dense_order = 3;
  static constexpr long double gamma = 0.25L;
  static constexpr Coefficients<6, 6> A{{
      {},
      {1.544L},
      {0.9466785280815826L, 0.2557011698983284L},
      {3.314825187068521L, 2.896124015972201L, 0.9986419139977817L},
      {1.221224509226641L, 6.019134481288629L, 12.53708332932087L, -0.6878860361058950L},
      {1.221224509226641L, 6.019134481288629L, 12.53708332932087L, -0.6878860361058950L, 1.0L},
  }};
  static constexpr Coefficients<6, 6> C{{
      {},
      {-5.6688L},
      {-2.430093356833875L, -0.2063599157091915L},
      {-0.1073529058151375L, -9.594562251023355L, -20.47028614809616L},
      {7.496443313967647L, -10.24680431464352L, -33.99990352819905L, 11.70890893206160L},
      {8.083246795921522L, -7.981132988064893L, -31.52159432874371L, 16.31930543123136L,
       -6.058818238834054L},
  }};
  static constexpr std::array<long double, 6> c{0.0L, 0.386L, 0.21L, 0.63L, 1.0L, 1.0L};
  static constexpr std::array<long double, 6> d{0.25L, -0.1043L, 0.1035L, -0.0362L, 0.0L, 0.0L};
  static constexpr Coefficients<2, 6> H{{
      {10.12623508344586L, -7.487995877610167L, -34.80091861555747L, -7.992771707568823L,
       1.025137723295662L, 0.0L},
      {-0.6762803392801253L, 6.087714651680015L, 16.43084320892478L, 24.76722511418386L,
       -6.594389125716872L, 0.0L},
  }};
};

}  // namespace ketasim::solve

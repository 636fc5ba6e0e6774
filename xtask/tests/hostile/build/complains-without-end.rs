//! Many kilobytes of diagnostics: each says all that the others still have to
//! say, so that the compiler cannot take two for the same.

macro_rules! complain {
    () => {};
    ($first:ident $($rest:ident)*) => {
        compile_error!(concat!(stringify!($first), ": ", stringify!($($rest)*)));
        complain!($($rest)*);
    };
}

complain!(
        complaint_number_000 complaint_number_001 complaint_number_002 complaint_number_003
        complaint_number_004 complaint_number_005 complaint_number_006 complaint_number_007
        complaint_number_008 complaint_number_009 complaint_number_010 complaint_number_011
        complaint_number_012 complaint_number_013 complaint_number_014 complaint_number_015
        complaint_number_016 complaint_number_017 complaint_number_018 complaint_number_019
        complaint_number_020 complaint_number_021 complaint_number_022 complaint_number_023
        complaint_number_024 complaint_number_025 complaint_number_026 complaint_number_027
        complaint_number_028 complaint_number_029 complaint_number_030 complaint_number_031
        complaint_number_032 complaint_number_033 complaint_number_034 complaint_number_035
        complaint_number_036 complaint_number_037 complaint_number_038 complaint_number_039
        complaint_number_040 complaint_number_041 complaint_number_042 complaint_number_043
        complaint_number_044 complaint_number_045 complaint_number_046 complaint_number_047
        complaint_number_048 complaint_number_049 complaint_number_050 complaint_number_051
        complaint_number_052 complaint_number_053 complaint_number_054 complaint_number_055
        complaint_number_056 complaint_number_057 complaint_number_058 complaint_number_059
        complaint_number_060 complaint_number_061 complaint_number_062 complaint_number_063
        complaint_number_064 complaint_number_065 complaint_number_066 complaint_number_067
        complaint_number_068 complaint_number_069 complaint_number_070 complaint_number_071
        complaint_number_072 complaint_number_073 complaint_number_074 complaint_number_075
        complaint_number_076 complaint_number_077 complaint_number_078 complaint_number_079
        complaint_number_080 complaint_number_081 complaint_number_082 complaint_number_083
        complaint_number_084 complaint_number_085 complaint_number_086 complaint_number_087
        complaint_number_088 complaint_number_089 complaint_number_090 complaint_number_091
        complaint_number_092 complaint_number_093 complaint_number_094 complaint_number_095
        complaint_number_096 complaint_number_097 complaint_number_098 complaint_number_099
        complaint_number_100 complaint_number_101 complaint_number_102 complaint_number_103
        complaint_number_104 complaint_number_105 complaint_number_106 complaint_number_107
        complaint_number_108 complaint_number_109
);

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}

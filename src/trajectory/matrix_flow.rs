/// x
pub struct MatrixFlow;

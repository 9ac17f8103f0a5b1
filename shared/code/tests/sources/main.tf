variable "region" {
  default = "eu-west-1"
}

resource "aws_s3_bucket" "wiki" {
  bucket = var.name
}

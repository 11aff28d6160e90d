/** The oldest Terraform with everything that this project uses: lock files for state in S3 came with 1.10. */
export const OLDEST_TERRAFORM = "1.10";

/** The versions of Terraform that the workspaces of HCP Terraform can run, as a version constraint: 1.10 and later, but not 2. */
export const TERRAFORM_VERSIONS = `~> ${OLDEST_TERRAFORM}`;
